export { localResourceController, type LocalResourceOptions } from "./controller.ts";
