// What the page shows a master that asks for a token. It is kept until the tab is closed, and no other site's page can read it; it is sent in a
// header and is in no address.

const key = "chimera.token";

const at = (id) => document.getElementById(id);

export const token = () => sessionStorage.getItem(key) ?? "";

export const headers = () => (token() ? { Authorization: `Bearer ${token()}` } : {});

let entered = null; // while the page asks

// enter asks the reader for a token, and returns once there is another than the one that was refused.
export function enter(refused) {
  if (token() !== refused) return Promise.resolve(); // somebody has asked meanwhile
  entered ??= new Promise((done) => {
    const form = at("access");
    at("why").textContent = refused ? "The master does not know the token, or not any more." : "This master asks for a token.";
    form.hidden = false;
    at("token").focus();
    form.addEventListener("submit", function taken(e) {
      e.preventDefault();
      const text = at("token").value.trim();
      if (!text || text === refused) return;
      sessionStorage.setItem(key, text);
      form.removeEventListener("submit", taken);
      at("token").value = "";
      form.hidden = true;
      shown();
      entered = null;
      done();
    });
  });
  return entered;
}

// shown offers to forget the token, if there is one.
export function shown() {
  at("forget").hidden = token() === "";
}

at("forget").addEventListener("click", () => {
  sessionStorage.removeItem(key);
  location.reload();
});
shown();
