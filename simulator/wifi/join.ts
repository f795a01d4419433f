import type { AccessPoint } from '../device/options';

/** Results of a join: 0 joined, otherwise the number of `+CWJAP:`. */
export const joinResult = {
  joined: 0,
  timeout: 1,
  wrongPassword: 2,
  noSuchNetwork: 3,
  failed: 4,
} as const;
export type JoinResult = (typeof joinResult)[keyof typeof joinResult];

export interface Credentials {
  readonly ssid: string;
  readonly password: string;
  readonly bssid?: string;
}

export interface JoinOptions {
  /** Whether the device joins the network again after a restart. */
  readonly store: boolean;
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** Seconds between attempts to rejoin after a loss; 0 for none, default 1. */
  readonly reconnectIntervalS?: number;
}

/** The response of an access point to a station that wants to join. */
type Admission =
  | { readonly kind: 'admitted'; readonly point: AccessPoint }
  | { readonly kind: 'rejected'; readonly result: JoinResult };

/** @param point the access point in range with the network's name, if there is one */
export function requestAdmission(
  point: AccessPoint | undefined,
  { password }: Credentials,
): Admission {
  if (!point) return { kind: 'rejected', result: joinResult.noSuchNetwork };
  if (point.answer === 'none') return { kind: 'rejected', result: joinResult.timeout };
  if (point.answer === 'refusal') return { kind: 'rejected', result: joinResult.failed };
  if (point.password === '' || point.password === password) return { kind: 'admitted', point };
  return { kind: 'rejected', result: joinResult.wrongPassword };
}
