/** Numbers of the credentials that hold secret header values. */
const SECRET_SLOTS = [0, 1, 2, 3, 4, 5, 6, 7] as const;

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
export const headerSecretCredentials = {
  headerSecret0: { type: 'password' },
  headerSecret1: { type: 'password' },
  headerSecret2: { type: 'password' },
  headerSecret3: { type: 'password' },
  headerSecret4: { type: 'password' },
  headerSecret5: { type: 'password' },
  headerSecret6: { type: 'password' },
  headerSecret7: { type: 'password' },
} as const;

/** The row with the value of its secret. */
export function withSecret(row: HeaderRow, secrets: HeaderSecrets): HeaderRow {
  if (row.secret !== true) return row;
  const slot = SECRET_SLOTS.find((known) => known === row.slot);
  return { ...row, value: slot === undefined ? '' : (secrets[`headerSecret${slot}`] ?? '') };
}
