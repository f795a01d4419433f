import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** What a layer may not import: see docs/architecture.md. Of packages it may import those named, and Node.js's own. */
const mayNotImport = (layer, others, packages, message, ignores = []) => ({
  files: [`${layer}/**/*.ts`],
  ignores,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { regex: `(^|/)(${others.join('|')})(/|$)`, message },
          {
            regex: `^(?!\\.|node:${packages.map((name) => `|${name}$`).join('')})`,
            message: `${layer}/ depends on no other package.`,
          },
        ],
      },
    ],
  },
});

const atInternals = {
  regex: '(^|/)at/(client|parser|resync|timing|transaction)/',
  message: 'The top of at/ holds what other folders may import.',
};

/**
 * Inside the driver: code goes `device → link → at`, and the types of options may cross the other way. Only at/ itself
 * imports its folders.
 */
const driverLayer = (folders, above) => ({
  files: folders.map((folder) => `driver/${folder}/**/*.ts`),
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${above.join('|')})(/|$)`,
            allowTypeImports: true,
            message: 'Imports go down: device → link → at → parser.',
          },
          ...(folders.includes('at') ? [] : [atInternals]),
        ],
      },
    ],
  },
});

export default tseslint.config(
  { ignores: ['dist/**', 'coverage/**', '.demo/**', '.mutation/**'] },
  js.configs.recommended,
  {
    rules: {
      'max-lines': ['error', 300],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ObjectExpression > SpreadElement > ObjectExpression.argument',
          message: 'Write the properties themselves.',
        },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: ['./tsconfig.test.json'] } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // node:test returns promises that the runner itself awaits.
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  mayNotImport(
    'driver',
    ['nodes', 'simulator'],
    ['serialport', 'node-forge'],
    'The driver knows nothing of Node-RED or of the simulator.',
  ),
  driverLayer(['link'], ['device', 'doctor', 'web-socket']),
  driverLayer(['at'], ['device', 'link', 'doctor', 'web-socket']),
  driverLayer(
    ['commands', 'port', 'provisioning', 'values'],
    ['device', 'link', 'doctor', 'web-socket'],
  ),
  driverLayer(['device', 'doctor', 'recorder', 'statistics', 'web-socket'], ['index']),
  mayNotImport(
    'simulator',
    ['nodes', 'driver'],
    [],
    'The simulator shares no code with the driver.',
  ),
  mayNotImport('replay', ['nodes'], [], 'A recording is replayed without Node-RED.'),
  mayNotImport(
    'nodes',
    ['simulator', 'replay'],
    ['mustache', 'node-red'],
    'Only make-device.ts opens the simulated port, and port-address.ts checks its address.',
    ['nodes/shared/device/make-device.ts', 'nodes/shared/checks/port-address.ts'],
  ),
  {
    // Parts of the editor's scripts: the build puts them together.
    files: ['nodes/shared/editor/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: {
        RED: 'readonly',
        $: 'readonly',
        document: 'readonly',
        setTimeout: 'readonly',
        URLSearchParams: 'readonly',
        URL: 'readonly',
        Blob: 'readonly',
      },
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { process: 'readonly', __dirname: 'readonly' },
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
      },
    },
  },
);
