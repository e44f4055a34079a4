import { refusals } from '../../lab/refusals.ts';

export default refusals({
  title: 'the keys differ',
  rfc: ['RFC 7296 §2.15', 'RFC 7296 §2.21.2'],
  link: { psk: 'another.1231' },
  initiator: { stage: 1, code: 'authentication-failed' },
  responder: { stage: 1, code: 'authentication-failed' },
});
