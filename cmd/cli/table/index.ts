import type { Command } from "../types.ts";
import { CLOUD_FOUNDRY } from "./cloudfoundry.ts";
import { INSIGHT } from "./insight.ts";
import { LOOP } from "./loop.ts";
import { OBJECTS } from "./objects.ts";
import { SETUP } from "./setup.ts";

/** Every command. The one source of parsing, help and completion. */
export const COMMANDS: readonly Command[] = [...LOOP, ...OBJECTS, ...INSIGHT, ...CLOUD_FOUNDRY, ...SETUP];

export const commandNamed = (name: string): Command | undefined =>
  COMMANDS.find((command) => command.name === name);
