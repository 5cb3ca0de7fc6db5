const FIRST_QUERY = `# Ctrl-Enter runs the query under the cursor.
# A key goes into the tab Headers below:
#   {"Authorization": "Bearer mr_…"}

query Jobs {
  jobs(limit: 10) {
    id
    status
    inputKey
    createdAt
    renditions {
      resolution
      outputKey
    }
  }
}

query Metrics {
  systemMetrics {
    queueDepth
    totalJobs
    completedJobs
    failedJobs
    processingJobs
  }
}
`;

const workers = {
  editorWorkerService: '/static/graphiql/editor-worker.js',
  json: '/static/graphiql/json-worker.js',
  graphql: '/static/graphiql/graphql-worker.js',
};

window.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) => workers[label] ?? workers.editorWorkerService,
};

window.YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#page'), {
  endpoint: document.body.dataset.endpoint,
  title: 'Millrace',
  // Links to a query are shared this way.
  query: new URLSearchParams(location.search).get('query') ?? FIRST_QUERY,
});
