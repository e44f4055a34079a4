// The program as it is installed: few files, as each one that is loaded costs the start of every command a little.
export default {
  input: {
    main: 'dist/cli/main.js',
    traffic: 'dist/cli/demo/traffic.js',
    'job-worker': 'dist/daemon/job-worker.js',
    'threads/thread-main': 'dist/esp/threads/thread-main.js',
  },
  platform: 'node',
  // Native, and found by its own path.
  external: ['koffi'],
  output: {
    dir: 'dist/bundle',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[hash].js',
    cleanDir: true,
    comments: { legal: true },
  },
};
