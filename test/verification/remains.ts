/**
 * What remains of a run after its end, as short texts; none if nothing does.
 * @param isOpen whether the port was open when the driver had stopped
 */
export function remainsOf(isOpen: boolean, counts: Readonly<Record<string, number>>): string[] {
  const left = Object.entries(counts).filter(([, count]) => count !== 0);
  return [
    ...(isOpen ? ['the port is open'] : []),
    ...left.map(([what, count]) => `${count} ${what} are left`),
  ];
}
