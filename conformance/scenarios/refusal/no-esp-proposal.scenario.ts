import { refusals } from '../../lab/refusals.ts';

export default refusals({
  title: 'no ESP proposal is common',
  rfc: ['RFC 7296 §2.7', 'RFC 7296 §1.2'],
  algorithms: { esp: 'aes256-sha256' },
  initiator: { stage: 2, code: 'no-proposal-chosen' },
  responder: { stage: 2, code: 'no-proposal-chosen' },
});
