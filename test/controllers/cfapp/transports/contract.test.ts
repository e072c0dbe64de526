import { transportContract } from "./contract.ts";
import { fastPush } from "./fastpush.ts";

transportContract({ name: "Agent", transport: (world) => world.transports({ engine: "Agent" })[0]! });

transportContract({ name: "SFTP", transport: (world) => world.transports({ engine: "SFTP" })[0]! });

transportContract({ name: "FastPush", transport: fastPush });

transportContract({
  name: "Rsync",
  transport: (world) => world.transports({ engine: "Rsync" })[0]!,
  trees: 12,
});
