// Browsers start no worker from a page that was opened as a file. There, a hidden frame runs what
// the worker of the search would run, so that the search works without a server.
if (location.protocol === "file:") {
  window.Worker = class {
    #frame = document.createElement("iframe");
    #loaded;

    constructor(url) {
      this.#loaded = new Promise((resolve, reject) => {
        this.#frame.addEventListener("load", () => this.#run(url, resolve, reject), { once: true });
      });
      this.#loaded.catch((event) => this.onerror?.(event));
      this.#frame.hidden = true;
      document.body.append(this.#frame);
    }

    #run(url, resolve, reject) {
      const inside = this.#frame.contentWindow;
      inside.postMessage = (data) => setTimeout(() => this.onmessage?.({ data }));
      const script = inside.document.createElement("script");
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      script.src = url;
      inside.document.body.append(script);
    }

    postMessage(data) {
      this.#loaded.then(() => this.#frame.contentWindow?.onmessage({ data }), () => {});
    }

    terminate() {
      this.#frame.remove();
    }
  };
}
