import { refusals } from '../../lab/refusals.ts';

export default refusals({
  title: 'no IKE proposal is common',
  rfc: ['RFC 7296 §2.7', 'RFC 7296 §3.10.1'],
  algorithms: { ike: 'aes256-sha256-modp2048' },
  initiator: { stage: 1, code: 'no-proposal-chosen' },
  responder: { stage: 1, code: 'no-proposal-chosen' },
});
