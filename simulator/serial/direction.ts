/** The two directions of a port. */
export type Direction = 'to-host' | 'to-device';

export const directions = ['to-host', 'to-device'] as const satisfies readonly Direction[];
