/** A URI without user and password, which are nobody's business but the server's (RFC 3986, section 3.2.1). */
export function withoutUserinfo(uri: string): string {
  return uri.replace(/^(wss?:\/\/)[^/?#]*@/i, '$1');
}
