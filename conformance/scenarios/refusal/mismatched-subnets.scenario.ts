import { refusals } from '../../lab/refusals.ts';

export default refusals({
  title: 'the segments have nothing in common',
  rfc: ['RFC 7296 §2.9', 'RFC 7296 §3.10.1'],
  link: { localSubnets: ['10.99.0.0/24'], remoteSubnets: ['10.98.0.0/24'] },
  initiator: { stage: 2, code: 'traffic-selectors-unacceptable' },
  responder: { stage: 2, code: 'traffic-selectors-unacceptable' },
});
