/**
 * The content hash by which an image is known: SHA-256 in hexadecimal. Computed by the thread pool of the runtime, so
 * that hashing a large file does not hold up the calling thread.
 */
export async function imageKeyOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', unshared(bytes));
  return Buffer.from(digest).toString('hex');
}

function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(bytes);
}
