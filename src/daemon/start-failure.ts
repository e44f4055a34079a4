import { NativeError } from '../native/errno.ts';

/** Why the daemon could not start, as one sentence with the next thing to do. */
export function startFailureText(error: unknown): string {
  if (!(error instanceof NativeError)) return error instanceof Error ? error.message : String(error);
  const advice = ADVICE.find(({ call, codes }) => error.call.startsWith(call) && codes.includes(error.code));
  return advice === undefined ? `the system refused: ${error.message}` : `${advice.text} (${error.message})`;
}

type Advice = { readonly call: string; readonly codes: readonly string[]; readonly text: string };

const PRIVILEGE =
  'the daemon needs CAP_NET_ADMIN, and CAP_NET_BIND_SERVICE for UDP 500; run it as root or grant them in the unit';
const NO_XFRM =
  'this kernel has no IPsec user interface; load the modules xfrm_user and esp4, or use a kernel that has them';

const ADVICE: readonly Advice[] = [
  {
    call: 'bind',
    codes: ['EADDRINUSE'],
    text: 'UDP 500 or 4500 is in use; stop the other IKE daemon (ss -lnup tells which)',
  },
  { call: '', codes: ['EPERM', 'EACCES'], text: PRIVILEGE },
  { call: 'socket', codes: ['EPROTONOSUPPORT'], text: NO_XFRM },
  { call: 'setsockopt', codes: ['ENOPROTOOPT', 'EOPNOTSUPP'], text: NO_XFRM },
];
