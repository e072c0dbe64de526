export { imageControllers, type ImageControllers, type ImageOptions } from "./controller.ts";
