export { type Direction, type Ending, Wire } from "./wire.ts";
