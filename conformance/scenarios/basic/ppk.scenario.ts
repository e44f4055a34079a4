import { carries } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

const SECRET = 'kE4uV0mH9tQ2xZ7sB1nW5yR8cL3gJ6dA';

export default bothRoles({
  title: 'with a post-quantum preshared key, which both ends require',
  rfc: ['RFC 8784 §3'],
  cygnet: { tunnel: { ppk: { id: 'site-7', secret: SECRET } } },
  strongswan: {
    connection: { ppk_id: 'site-7', ppk_required: 'yes' },
    secrets: { 'ppk-1': { id: 'site-7', secret: SECRET } },
  },
  steps: [{ expect: 'status', on: 'a', contains: { ike: { ppk: true } } }, ...carries()],
}) satisfies readonly Scenario[];
