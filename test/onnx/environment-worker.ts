// A worker that tells the names of its environment variables.
process.send?.(Object.keys(process.env), () => process.disconnect());
