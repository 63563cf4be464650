// A worker that dies as soon as it is started.
process.exit(7);
