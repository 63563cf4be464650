import { serve } from '../../src/backend/server.js';
import { loadConfig } from '../../src/config.js';
import { RefinerError } from '../../src/errors.js';

/** Program of the process that `server.test.ts` starts: the server as the command line runs it. */
try {
  await serve(loadConfig(process.env));
} catch (error) {
  process.stderr.write(error instanceof RefinerError ? error.code : String(error));
  process.exitCode = 1;
}
