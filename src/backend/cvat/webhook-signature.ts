import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether CVAT's `X-Signature-256` header (`sha256=<64 hex digits>`) is the HMAC-SHA256 of these very bytes. Compared in
 * constant time; JSON that was written anew has other bytes and does not pass (protocol note, section 7).
 */
export function isSignedWith(secret: string, body: Uint8Array, header: string | undefined): boolean {
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(header ?? '')?.[1];
  if (hex === undefined) return false;
  return timingSafeEqual(Buffer.from(hex, 'hex'), createHmac('sha256', secret).update(body).digest());
}
