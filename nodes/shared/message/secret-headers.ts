/** Numbers of the credentials that hold secret header values. */
export const SECRET_SLOTS = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Node-RED keeps these apart from the flow and never exports them. */
export type HeaderSecrets = Partial<Record<`headerSecret${(typeof SECRET_SLOTS)[number]}`, string>>;

/** A header in a dialog. The value of a secret header is the credential `headerSecret<slot>`. */
export interface HeaderRow {
  name?: string;
  value?: string;
  secret?: boolean;
  slot?: number;
}

/** The credentials of the slots, as `registerType` takes them. */
export const headerSecretCredentials = Object.fromEntries(
  SECRET_SLOTS.map((slot) => [`headerSecret${slot}`, { type: 'password' as const }]),
);

/** The secret in a slot. */
export function secretIn(slot: unknown, secrets: HeaderSecrets): string | undefined {
  const known = SECRET_SLOTS.find((each) => each === slot);
  return known === undefined ? undefined : secrets[`headerSecret${known}`];
}
