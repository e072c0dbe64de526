/** The `tiltish` binary. */
process.stdout.write(`tiltish ${process.env["TILTISH_VERSION"] ?? "dev"}\n`);
