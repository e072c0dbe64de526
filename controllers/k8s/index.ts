export { k8sResourceController, type K8sResourceController, type K8sResourceOptions } from "./controller.ts";
