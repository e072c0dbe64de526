export { customResourceController } from "./controller.ts";
