// Text and bytes. The engine of a component has no TextEncoder; what is used here is native code there, so that a large reply takes no time.

// How many letters are made at once: they travel as arguments.
const PIECE = 8192;

// Sequences of UTF-8 (RFC 3629), written as one letter per byte; anything else is the last group.
const SEQUENCES =
  /[\x00-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|([^])/g;

const REPLACEMENT = "\xef\xbf\xbd";

/** Bytes of a text; half of a surrogate pair becomes U+FFFD. */
export function encode(text) {
  const letters = unescape(encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd")));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

/** The text of bytes; what is no UTF-8 becomes U+FFFD. */
export function decode(bytes) {
  let letters = "";
  for (let at = 0; at < bytes.length; at += PIECE) {
    letters += String.fromCharCode.apply(null, bytes.subarray(at, at + PIECE));
  }
  try {
    return decodeURIComponent(escape(letters));
  } catch {
    const mended = letters.replace(SEQUENCES, (found, wrong) => (wrong === undefined ? found : REPLACEMENT));
    return decodeURIComponent(escape(mended));
  }
}
