import {
  makeAuthority,
  makeIdentity,
  type Identity,
} from '../harness/network/ws-server-certificates';
import type { CertificateKind } from './actions';

/** The certificates of a replay: made once, when first asked for. */
export interface Identities {
  /** The authority whose certificate is written to the device as `wss_ca`. */
  readonly authority: Identity;
  /** What the device shows: `wss_cert` and `wss_key`. */
  readonly client: Identity;
  readonly server: Readonly<Record<CertificateKind, Identity>>;
}

let made: Identities | undefined;

export function identities(): Identities {
  if (made) return made;
  const authority = makeAuthority('test CA');
  const other = makeAuthority('another CA');
  const name = 'device.test';
  made = {
    authority,
    client: makeIdentity(authority, 'client'),
    server: {
      good: makeIdentity(authority, name),
      foreign: makeIdentity(other, name),
      'self-signed': makeAuthority(name),
      expired: makeIdentity(authority, name, { from: Date.UTC(2020, 0), to: Date.UTC(2021, 0) }),
      future: makeIdentity(authority, name, { from: Date.UTC(2090, 0), to: Date.UTC(2091, 0) }),
    },
  };
  return made;
}
