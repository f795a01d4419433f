// What may import what: see CONTRIBUTING.md. `npm run lint` checks it; a type counts as an import too.

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** A folder of the driver imports nothing from the folders above it. @param above pattern of their paths */
const driverLayer = (folder, above) =>
  rule(
    `driver/${folder}`,
    'Imports go down: device, link, commands, at.',
    { path: `^driver/${folder}/` },
    { path: `^driver/(${above}|index\\.ts$)` },
  );

/** A top folder imports only these files and packages, and Node.js's own modules. */
const only = (folder, paths, packages, pathNot) =>
  rule(
    folder,
    `${folder}/ imports only what CONTRIBUTING.md lists.`,
    { path: `^${folder}/`, ...(pathNot && { pathNot }) },
    {
      pathNot: [...paths, folder]
        .map((path) => `^${path}/`)
        .concat(packages.map((name) => `^node_modules/(@types/)?${name}/`)),
      dependencyTypesNot: ['core'],
    },
  );

module.exports = {
  forbidden: [
    rule('circle', 'Files import one way only.', {}, { circular: true }),
    only('driver', [], ['serialport', '@serialport/[a-z-]+', 'node-forge']),
    only('simulator', [], []),
    only('replay', ['driver', 'simulator'], []),
    only(
      'nodes',
      ['driver'],
      ['mustache', 'node-red', '@node-red/[a-z-]+'],
      [
        // The port `sim:`, and the check of its address.
        '^nodes/shared/device/make-device\\.ts$',
        '^nodes/shared/checks/port-address\\.ts$',
      ],
    ),
    driverLayer(
      'values',
      '(at|commands|port|provisioning|link|device|recorder|statistics|doctor|web-socket)/',
    ),
    driverLayer(
      'at',
      '(values|commands|port|provisioning|link|device|recorder|statistics|doctor|web-socket)/',
    ),
    driverLayer(
      'commands',
      '(port|provisioning|link|device|recorder|statistics|doctor|web-socket)/',
    ),
    driverLayer('(port|provisioning)', '(link|device|recorder|statistics|doctor|web-socket)/'),
    driverLayer('link', '(port|provisioning|device|doctor|web-socket)/'),
    driverLayer('web-socket', '(port|provisioning|device|doctor)/'),
    driverLayer('device', 'doctor/'),
    rule(
      'driver/at inside',
      'The top of at/ holds what other folders may import.',
      { path: '^driver/', pathNot: '^driver/at/' },
      { path: '^driver/at/(client|parser|resync|timing|transaction)/' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
