/** A small example of each kind, for its page. A test checks each against its schema. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  FileWatch: `
apiVersion: tiltish.dev/v1alpha1
kind: FileWatch
metadata:
  name: api-src
spec:
  paths: [src, package.json]
  ignores: ["*.test.ts"]
  ignoreFiles: [.gitignore]
`,
  LocalProcess: `
apiVersion: tiltish.dev/v1alpha1
kind: LocalProcess
metadata:
  name: api
spec:
  argv: [node, server.js]
  daemon: true
  ports:
    - name: http # a free port is chosen
  env:
    PORT: $(port:http)
  readinessProbe:
    httpGet: { path: /healthz, port: http }
  restartOn:
    fileWatches: [api-src]
`,
  LocalResource: `
apiVersion: tiltish.dev/v1alpha1
kind: LocalResource
metadata:
  name: web
spec:
  watch:
    paths: [src]
  buildTemplate:
    argv: [npm, run, build]
  serveTemplate:
    argv: [node, dist/server.js]
    readinessProbe:
      logLine: { pattern: listening on }
  dependsOn:
    - { kind: LocalProcess, name: db }
  links:
    - { name: open, url: "http://localhost:3000" }
`,
  DockerImage: `
apiVersion: tiltish.dev/v1alpha1
kind: DockerImage
metadata:
  name: api
spec:
  refs: { config: example/api }
  context: .
  dockerfile: Dockerfile
  restartOn:
    fileWatches: [api-src]
`,
  CustomImage: `
apiVersion: tiltish.dev/v1alpha1
kind: CustomImage
metadata:
  name: api
spec:
  refs: { config: example/api }
  commandTemplate:
    argv: [bazel, run, "//api:image"]
  tag: dev
`,
  K8sResource: `
apiVersion: tiltish.dev/v1alpha1
kind: K8sResource
metadata:
  name: api
spec:
  files: [k8s/api.yaml]
  context: kind-dev
  imageRefs:
    - { kind: DockerImage, name: api }
  portForwards:
    - { localPort: 8080, containerPort: 80 }
`,
  CFAppSync: `
apiVersion: tiltish.dev/v1alpha1
kind: CFAppSync
metadata:
  name: shop
spec:
  appName: shop
  target: { org: acme, space: dev }
  localPath: dist
  trigger:
    fileWatches: [shop-dist]
  restart:
    readiness: { http: /healthz }
`,
  Namespace: `
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    tiltish.dev/root: /home/me/src/shop
`,
  CustomResourceDefinition: `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  names: { kind: Widget, plural: widgets, shortNames: [wi] }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      additionalPrinterColumns:
        - { name: Color, type: string, jsonPath: .spec.color }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [color]
              properties:
                color: { type: string, enum: [red, green, blue] }
            status:
              type: object
              x-kubernetes-preserve-unknown-fields: true
`,
  ConfigMap: `
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  greeting: hello
`,
  Secret: `
apiVersion: v1
kind: Secret
metadata:
  name: registry
stringData:
  password: not-a-real-one
`,
  Event: `
apiVersion: v1
kind: Event
metadata:
  generateName: api.
involvedObject:
  apiVersion: tiltish.dev/v1alpha1
  kind: LocalProcess
  name: api
  namespace: default
type: Normal
reason: Restarted
message: 3 files changed
lastTimestamp: "2026-01-02T03:04:05Z"
`,
  "Event.events.k8s.io": `
apiVersion: events.k8s.io/v1
kind: Event
metadata:
  generateName: api.
regarding:
  apiVersion: tiltish.dev/v1alpha1
  kind: LocalProcess
  name: api
  namespace: default
type: Normal
reason: Restarted
action: Restart
note: 3 files changed
eventTime: "2026-01-02T03:04:05.000000Z"
reportingController: my-controller
reportingInstance: worker-1
`,
  Lease: `
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: my-controller
spec:
  holderIdentity: worker-1
  leaseDurationSeconds: 15
  renewTime: "2026-01-02T03:04:05.000000Z"
`,
};
