export { CustomKinds } from "./kinds.ts";
export {
  askedOf,
  replicasConfiguration,
  replicasPatch,
  scaleOf,
  wantedReplicas,
  withoutReplicas,
} from "./scale.ts";
