export { silentLog } from "../../../client/index.ts";
export { causeOfTrigger, type Controller, isLater, nowMicro } from "../../../controllers/runtime/index.ts";
