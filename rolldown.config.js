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
    // What the commands share, in one file; each of them, and what only it needs, is in another. Not with them is main,
    // which waits for the command that it runs: nothing that a command is made of may wait for main.
    codeSplitting: { groups: [{ name: 'client', test: /\/dist\/cli\/(?!main\.js)[\w-]+\.js$/ }] },
    comments: { legal: true },
  },
};
