// Percent-encoding of path segments (RFC 3986, section 2.3: only unreserved characters stay).

/** One path segment: `A/7 ü` becomes `A%2F7%20%C3%BC`. Query parameters need none of this, the host encodes them. */
export function segment(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
