import { Type } from "typebox";
import { defineKind, type ObjectOf } from "../kind.ts";
import { Defaulted, described } from "../meta.ts";
import { commonImageSpec, imageColumns, imageStatus, validateImage } from "./common/image.ts";
import { LocalProcessSpec } from "./localprocess.ts";
import { validateProcess } from "./localprocess.validate.ts";

const spec = Type.Object({
  ...commonImageSpec,
  commandTemplate: described(LocalProcessSpec, "The command that builds it."),
  tag: Type.Optional(
    Type.String({ description: "The tag that the command makes. Default: one that it is told." }),
  ),
  outputsImageRefTo: Type.Optional(
    Type.String({ minLength: 1, description: "File into which the command writes the reference it made." }),
  ),
  disablePush: Defaulted(Type.Boolean({ description: "Do not push the result." }), false),
  skipsLocalDocker: Defaulted(
    Type.Boolean({ description: "The command pushes by itself; the image is not on this machine." }),
    false,
  ),
});

/** An image that a command of yours builds. */
export const CustomImage = defineKind({
  names: { kind: "CustomImage", plural: "customimages", short: ["cim"] },
  description: "An image that a command of yours builds, again whenever it is asked to.",
  spec,
  status: imageStatus,
  log: true,
  trigger: true,
  validate: (object) => [
    ...validateImage(object),
    ...validateProcess(object.spec.commandTemplate, "spec.commandTemplate"),
  ],
  columns: imageColumns,
});
export type CustomImage = ObjectOf<typeof CustomImage>;

/** Name of the LocalProcess that runs the command of a CustomImage; a LocalResource of its name may have one, too. */
export const imageBuildNameOf = (name: string): string => `${name}-image-build`;
