// The architecture as a test: dependencies run one way (docs/architecture.md).
const only = (name, from, to, comment, except = '') => ({
  name,
  severity: 'error',
  comment,
  from: { path: from, pathNot: `\\.test\\.ts$|/testing/${except === '' ? '' : `|${except}`}` },
  to: { pathNot: to, dependencyTypesNot: ['npm', 'core', 'npm-dev'] },
});
const ban = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from, pathNot: '\\.test\\.ts$|/testing/' },
  to: { path: to },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-barrels', severity: 'error', from: {}, to: { path: '^src/.*/index\\.ts$' } },
    only('base-is-a-leaf', '^src/base/', '^src/base/', 'base imports nothing of ours'),
    only('crypto', '^src/crypto/', '^src/(base|crypto)/', 'crypto stands on base'),
    only('sa', '^src/sa/', '^src/(base|crypto|sa)/', 'the SA model stands on crypto'),
    only('ike-wire', '^src/ike/wire/', '^src/(base|crypto|sa|ike/wire)/', 'common wire format'),
    only('ike-common', '^src/ike/common/', '^src/(base|crypto|sa|ike/wire|ike/common)/', 'what both versions use'),
    only('ike-v1', '^src/ike/v1/', '^src/(base|crypto|sa|ike/(wire|common|v1))/', 'IKEv1 knows no IKEv2'),
    only('ike-v2', '^src/ike/v2/', '^src/(base|crypto|sa|ike/(wire|common|v2))/', 'IKEv2 knows no IKEv1'),
    only('ike', '^src/ike/', '^src/(base|crypto|sa|ike)/', 'the core imports no shell'),
    only('netlink', '^src/netlink/', '^src/(base|sa|netlink|native)/', 'addresses, links and routes of the kernel'),
    only('esp', '^src/esp/', '^src/(base|crypto|sa|esp|netlink|native)/', 'userspace data plane'),
    only('xfrm', '^src/xfrm/', '^src/(base|crypto|sa|xfrm|netlink|native)/', 'kernel data plane'),
    only('native', '^src/native/', '^src/(base|native)/', 'the FFI edge'),
    only('tunnel', '^src/tunnel/', '^src/(base|crypto|sa|ike/common|tunnel)/', 'the gateway service'),
    only('config', '^src/config/', '^src/(base|crypto|sa|ike/common|config)/', 'configuration yields the core types'),
    only('host', '^src/host/', '^src/(base|sa|ike/common|host)/', 'the checks are a table over facts', '/read/'),
    only(
      'host-readers',
      '^src/host/read/',
      '^src/(base|sa|ike/common|xfrm|netlink|native|host)/',
      'what reads the facts',
    ),
    only('control', '^src/control/', '^src/(base|tunnel|control)/', 'the control API'),
    only(
      'observe',
      '^src/observe/',
      '^src/((base|sa|ike/common|tunnel|observe)/|crypto/algorithms)',
      'folds over events',
    ),
    only(
      'cli',
      '^src/cli/',
      '^src/(base|control/(client|protocol|command|exit|plan-shapes|observing-shapes|spreadsheet|shapes-digest|words)|config|host|daemon/(start|rehearsal)|cli)',
      'the CLI is a client',
    ),
    {
      name: 'client-without-schemas',
      severity: 'error',
      comment: 'a client makes the schemas only where it has to check an answer; what it else needs of them is types',
      from: { path: '^src/(cli/|control/client)', pathNot: '\\.test\\.ts$|/testing/' },
      to: {
        path: '^src/control/.*(shapes|-schemas?|protocol|reply-check)\\.ts$',
        dependencyTypesNot: ['type-only', 'dynamic-import'],
      },
    },
    ban('ffi-only-in-native', '^src/(?!native/)', 'node_modules/koffi', 'koffi is reached through src/native'),
    ban(
      'node-crypto-only-in-crypto',
      '^src/(?!crypto/|daemon/|base/random)',
      '^(node:)?crypto$',
      'crypto libraries live in src/crypto',
    ),
    ban(
      'noble-only-in-crypto',
      '^src/(?!crypto/)',
      'node_modules/(@noble|bigint-crypto-utils)',
      'crypto libraries live in src/crypto',
    ),
    {
      name: 'core-without-host',
      severity: 'error',
      comment: 'the core uses no Node built-in but crypto',
      from: { path: '^src/(base|sa|ike|tunnel|host)/', pathNot: '\\.test\\.ts$|/testing/|^src/host/read/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'not-from-tests-or-sim',
      severity: 'error',
      from: { path: '^src/(?!sim/)', pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: '^src/sim/|\\.test\\.ts$|^conformance/' },
    },
  ],
  options: {
    // What is built has been looked at as source; its files may well refer to each other.
    doNotFollow: { path: 'node_modules|^dist/' },
    exclude: { path: '^(bench|conformance)/out/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.cjs'], conditionNames: ['import', 'node', 'types'] },
  },
};
