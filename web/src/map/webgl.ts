import { endOf, radiusAt, type Cloud } from "./cloud";
import type { Painter } from "./painter";
import type { View } from "./space";

const VERTEX = `#version 300 es
in float x;
in float y;
in vec4 colour;
uniform vec3 view;    // zoom, left, top: in pixels of the screen
uniform vec2 size;
uniform float points;
uniform vec4 halo;
out vec4 ink;
void main() {
  vec2 at = (vec2(x, y) * view.x + view.yz) / size;
  gl_Position = vec4(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0);
  gl_PointSize = points;
  ink = halo.a > 0.0 ? halo : colour;
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 ink;
uniform float reach;  // half a point's size: its radius and half a pixel
out vec4 pixel;
void main() {
  float cover = min(1.0, reach - length(gl_PointCoord - 0.5) * 2.0 * reach);
  if (cover <= 0.0) discard;
  float alpha = ink.a * cover;
  pixel = vec4(ink.rgb * alpha, alpha);
}`;

const ON_A_PROCESSOR = /swiftshader|llvmpipe|softpipe|software|basic render/i;

function build(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind);
    if (!shader) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  ["x", "y", "colour"].forEach((name, slot) => gl.bindAttribLocation(program, slot, name));
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

/** Draws points with WebGL 2, or null where there is none. */
export function paintWithWebGL(): Painter | null {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, powerPreference: "high-performance" });
  if (!gl) return null;
  const program = build(gl);
  if (!program) return null;
  const about = gl.getExtension("WEBGL_debug_renderer_info");
  const software = ON_A_PROCESSOR.test(String(gl.getParameter(about?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)));

  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const [viewAt, sizeAt, sizeOfPoint, haloAt, reachAt] = ["view", "size", "points", "halo", "reach"].map(uniform) as [
    WebGLUniformLocation, WebGLUniformLocation, WebGLUniformLocation, WebGLUniformLocation, WebGLUniformLocation,
  ];
  const buffers = [gl.createBuffer(), gl.createBuffer(), gl.createBuffer()] as const;
  buffers.forEach((buffer, slot) => {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(slot);
    if (slot < 2) gl.vertexAttribPointer(slot, 1, gl.FLOAT, false, 0, 0);
    else gl.vertexAttribPointer(slot, 4, gl.UNSIGNED_BYTE, true, 0, 0);
  });
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const [, most] = gl.getParameter(gl.ALIASED_POINT_SIZE_RANGE) as Float32Array;

  let ratio = 1;
  let layers: Cloud["layers"] = [];
  let view: View = { k: 1, left: 0, top: 0 };
  let [growth, share] = [1, 1];
  const bytes = (word: number) =>
    [0, 8, 16, 24].map((shift) => ((word >>> shift) & 255) / 255) as [number, number, number, number];

  return {
    kind: "webgl",
    software,
    canvas,
    resize(width, height, pixelRatio) {
      ratio = pixelRatio;
      canvas.width = Math.max(1, Math.round(width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.uniform2f(sizeAt, canvas.width, canvas.height);
    },
    load(cloud, ground) {
      layers = cloud.layers;
      [cloud.x, cloud.y, cloud.words].forEach((values, slot) => {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffers[slot]!);
        gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      });
      gl.clearColor(...bytes(ground));
    },
    begin(next, grown, part) {
      [view, growth, share] = [next, grown, part];
    },
    work() {
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform3f(viewAt, view.k * ratio, view.left * ratio, view.top * ratio);
      for (const layer of layers) {
        const radius = Math.min(radiusAt(layer, growth) * ratio, (most! - 1) / 2);
        gl.uniform1f(sizeOfPoint, 2 * radius + 1);
        gl.uniform1f(reachAt, radius + 0.5);
        gl.uniform4f(haloAt, ...bytes(layer.halo?.colour ?? 0));
        gl.drawArrays(gl.POINTS, layer.from, endOf(layer, share) - layer.from);
      }
      return true;
    },
    dispose() {
      canvas.remove();
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}
