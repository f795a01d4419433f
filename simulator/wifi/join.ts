import type { AccessPoint } from '../device/options';

/** Outcomes of a join: 0 joined, otherwise the number of `+CWJAP:`. */
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
  /** Whether it is joined again after a restart. */
  readonly store: boolean;
  /** Milliseconds that it may take. */
  readonly timeout: number;
  /** Seconds between attempts to come back once it is lost; 0 for none, default 1. */
  readonly reconnectInterval?: number;
}

/** What asking to be let in comes to. */
export type Admission =
  | { readonly kind: 'admitted'; readonly point: AccessPoint }
  | { readonly kind: 'rejected'; readonly result: JoinResult };

/** Asks the access point that was found, if one was. */
export function admission(point: AccessPoint | undefined, { password }: Credentials): Admission {
  if (!point) return { kind: 'rejected', result: joinResult.noSuchNetwork };
  if (point.answer === 'none') return { kind: 'rejected', result: joinResult.timeout };
  if (point.answer === 'refusal') return { kind: 'rejected', result: joinResult.failed };
  if (point.password === '' || point.password === password) return { kind: 'admitted', point };
  return { kind: 'rejected', result: joinResult.wrongPassword };
}
