// Draws many points on a canvas: by WebGL 2 where there is one, else by the 2-D canvas.
// Both offer resize(width, height, ratio), paint(colours, order) and draw(view, radius).
"use strict";
const CoteriePoints = (() => {
  const VERTEX = `#version 300 es
    in vec2 place; in vec4 colour;
    uniform vec3 view; uniform vec2 size; uniform float radius;
    out vec4 tint;
    void main() {
      vec2 at = (place * view.z + view.xy) / size * 2.0 - 1.0;
      gl_Position = vec4(at.x, -at.y, 0.0, 1.0);
      gl_PointSize = radius * 2.0 + 1.0;
      tint = colour;
    }`;
  const FRAGMENT = `#version 300 es
    precision highp float;
    in vec4 tint; uniform float radius; out vec4 pixel;
    void main() {
      float away = length(gl_PointCoord - 0.5) * (radius * 2.0 + 1.0);
      float alpha = tint.a * clamp(radius + 0.5 - away, 0.0, 1.0);
      pixel = vec4(tint.rgb * alpha, alpha);
    }`;

  function compile(gl, kind, source) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    return shader;
  }

  function byWebGL(canvas, places) {
    const gl = canvas.getContext("webgl2", {
      antialias: false,
      preserveDrawingBuffer: true,         // so that the page prints
      failIfMajorPerformanceCaveat: true,  // without a graphics card the 2-D canvas is faster
    });
    if (!gl) return null;
    const program = gl.createProgram();
    gl.attachShader(program, compile(gl, gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, compile(gl, gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    gl.useProgram(program);
    const attribute = (name, size, kind, normalised) => {
      const buffer = gl.createBuffer();
      const at = gl.getAttribLocation(program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.enableVertexAttribArray(at);
      gl.vertexAttribPointer(at, size, kind, normalised, 0, 0);
      return buffer;
    };
    attribute("place", 2, gl.FLOAT, false);
    gl.bufferData(gl.ARRAY_BUFFER, places, gl.STATIC_DRAW);
    const colourBuffer = attribute("colour", 4, gl.UNSIGNED_BYTE, true);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const uniform = (name) => gl.getUniformLocation(program, name);
    const [view, size, radius] = ["view", "size", "radius"].map(uniform);
    let ratio = 1, count = 0;
    return {
      kind: "webgl",
      resize(width, height, pixelRatio) {
        ratio = pixelRatio;
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
        gl.viewport(0, 0, canvas.width, canvas.height);
        gl.uniform2f(size, width, height);
      },
      paint(colours, order) {
        gl.bindBuffer(gl.ARRAY_BUFFER, colourBuffer);
        gl.bufferData(gl.ARRAY_BUFFER, colours, gl.DYNAMIC_DRAW);
        gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order, gl.DYNAMIC_DRAW);
        count = order.length;
      },
      draw({ x, y, k }, r) {
        gl.uniform3f(view, x, y, k);
        gl.uniform1f(radius, r * ratio);
        gl.clearColor(0, 0, 0, 0);
        gl.clear(gl.COLOR_BUFFER_BIT);
        gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 0);
      },
    };
  }

  function byCanvas(canvas, places) {
    const context = canvas.getContext("2d");
    let ratio = 1, width = 0, height = 0, colours = null, order = [], words = null;
    let stamps = new Map(), stampRadius = 0;

    // one small picture of a disc for each colour, stamped at every point
    function stamp(word, r) {
      let picture = stamps.get(word);
      if (!picture) {
        const side = Math.ceil(r * 2) + 2;
        picture = document.createElement("canvas");
        picture.width = picture.height = side;
        const pen = picture.getContext("2d");
        const [red, green, blue, alpha] = new Uint8Array(new Uint32Array([word]).buffer);
        pen.fillStyle = `rgb(${red} ${green} ${blue} / ${alpha / 255})`;
        pen.arc(side / 2, side / 2, r, 0, 2 * Math.PI);
        pen.fill();
        stamps.set(word, picture);
      }
      return picture;
    }
    return {
      kind: "canvas",
      resize(w, h, pixelRatio) {
        [width, height, ratio] = [w, h, pixelRatio];
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
      },
      paint(newColours, newOrder) {
        colours = newColours;
        order = newOrder;
        words = new Uint32Array(colours.buffer);
        stamps = new Map();
      },
      draw({ x, y, k }, radius) {
        const r = radius * ratio;
        if (r !== stampRadius) { stamps = new Map(); stampRadius = r; }
        const half = (Math.ceil(r * 2) + 2) / 2;
        context.clearRect(0, 0, canvas.width, canvas.height);
        for (const point of order) {
          const left = (places[2 * point] * k + x) * ratio - half;
          const top = (places[2 * point + 1] * k + y) * ratio - half;
          if (left > -2 * half && top > -2 * half && left < canvas.width && top < canvas.height) {
            context.drawImage(stamp(words[point], r), left, top);
          }
        }
      },
    };
  }

  // a canvas that once gave a WebGL context gives no other: it is replaced
  function replaced(canvas, places) {
    const fresh = canvas.cloneNode();
    canvas.replaceWith(fresh);
    return byCanvas(fresh, places);
  }

  // onLost(points) is called with other points to draw by when the graphics card gives up
  return (canvas, places, onLost) => {
    try {
      const points = byWebGL(canvas, places);
      if (points) {
        canvas.addEventListener("webglcontextlost", () => onLost(replaced(canvas, places)));
        return points;
      }
    } catch { /* a driver that offers WebGL and cannot compile: draw without it */ }
    return replaced(canvas, places);
  };
})();
