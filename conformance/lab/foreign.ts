/** SA, policy and route of another program, far from every scenario's addresses. */
export const FOREIGN = {
  sa: 'src 198.51.100.1 dst 198.51.100.2 proto esp spi 0xf0e1d2c3',
  policy: 'src 198.51.100.0/25 dst 198.51.100.128/25',
  route: '203.0.113.0/24',
} as const;
