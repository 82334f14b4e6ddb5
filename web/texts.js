// Everything the page says: English, Finnish, Swedish. A site can replace any of it; {0} stands for a name or a number.

const languages = ["en", "fi", "sv"];

const texts = {
  title: ["Chat with us", "Keskustele kanssamme", "Chatta med oss"],
  open: ["Open chat", "Avaa keskustelu", "Öppna chatten"],
  close: ["Close chat", "Sulje keskustelu", "Stäng chatten"],
  hello: ["Hello! How can we help?", "Hei! Miten voimme auttaa?", "Hej! Hur kan vi hjälpa dig?"],
  intro: [
    "Write to us and one of our team answers you here.",
    "Kirjoita meille, niin asiakaspalvelijamme vastaa sinulle tässä.",
    "Skriv till oss så svarar någon av oss dig här.",
  ],
  log: ["Messages", "Viestit", "Meddelanden"],
  online: ["We are online", "Olemme paikalla", "Vi är på plats"],
  wait: ["Usual wait: {0}", "Tavallinen odotusaika: {0}", "Vanlig väntetid: {0}"],
  away: ["We are away right now", "Emme ole juuri nyt paikalla", "Vi är inte på plats just nu"],
  stillAway: [
    "Nobody can answer at the moment. What you write stays here until somebody is back.",
    "Kukaan ei voi vastata juuri nyt. Tekstisi säilyy tässä, kunnes joku on taas paikalla.",
    "Ingen kan svara just nu. Det du skriver finns kvar här tills någon är tillbaka.",
  ],
  unclear: [
    "We cannot see whether anybody is here. You can still write.",
    "Emme näe, onko joku paikalla. Voit silti kirjoittaa.",
    "Vi ser inte om någon är på plats. Du kan ändå skriva.",
  ],
  waiting: ["Waiting for an agent", "Odotetaan asiakaspalvelijaa", "Väntar på kundtjänst"],
  with: ["With {0}", "Kanssasi: {0}", "Med {0}"],
  ended: ["The chat has ended", "Keskustelu on päättynyt", "Chatten har avslutats"],
  kept: [
    "The chat ended before your text was sent. It comes along into a new one.",
    "Keskustelu päättyi ennen kuin tekstisi lähti. Se siirtyy uuteen.",
    "Chatten avslutades innan din text skickades. Den följer med till en ny.",
  ],
  startNew: ["Start a new chat", "Aloita uusi keskustelu", "Starta en ny chatt"],
  name: ["Your name (optional)", "Nimesi (vapaaehtoinen)", "Ditt namn (valfritt)"],
  message: ["Write a message…", "Kirjoita viesti…", "Skriv ett meddelande…"],
  send: ["Send", "Lähetä", "Skicka"],
  room: ["{0} characters left", "{0} merkkiä jäljellä", "{0} tecken kvar"],
  you: ["You", "Sinä", "Du"],
  agent: ["Agent", "Asiakaspalvelija", "Kundtjänst"],
  sending: ["Sending…", "Lähetetään…", "Skickar…"],
  delayed: [
    "Not sent yet, trying again…",
    "Ei vielä lähetetty, yritetään uudelleen…",
    "Inte skickat än, försöker igen…",
  ],
  sent: ["Sent", "Lähetetty", "Skickat"],
  failed: ["Not sent", "Ei lähetetty", "Inte skickat"],
  retry: ["Try again", "Yritä uudelleen", "Försök igen"],
  edited: ["edited", "muokattu", "redigerat"],
  join: ["{0} joined the chat", "{0} liittyi keskusteluun", "{0} anslöt till chatten"],
  leave: ["{0} left the chat", "{0} poistui keskustelusta", "{0} lämnade chatten"],
  picture: ["Picture", "Kuva", "Bild"],
  jump: ["New messages", "Uusia viestejä", "Nya meddelanden"],
  offline: ["No connection. Trying again…", "Ei yhteyttä. Yritetään uudelleen…", "Ingen anslutning. Försöker igen…"],
  sessionLost: [
    "This conversation cannot be continued. Your text is kept.",
    "Tätä keskustelua ei voi jatkaa. Tekstisi on tallessa.",
    "Chatten kan inte fortsätta. Din text finns kvar.",
  ],
  chatRemoved: [
    "This conversation has been deleted.",
    "Tämä keskustelu on poistettu.",
    "Chatten har raderats.",
  ],
  forgotten: [
    "Done. What you wrote here has been erased.",
    "Valmis. Tänne kirjoittamasi on poistettu.",
    "Klart. Det du skrev här har raderats.",
  ],
  sound: ["Sound", "Ääni", "Ljud"],
  end: ["End chat", "Päätä keskustelu", "Avsluta chatten"],
  "end question": ["End this chat?", "Päätetäänkö keskustelu?", "Avsluta chatten?"],
  "end info": [
    "You can still read it, and start a new one.",
    "Voit yhä lukea sen ja aloittaa uuden.",
    "Du kan läsa den och starta en ny.",
  ],
  "end yes": ["End chat", "Päätä", "Avsluta"],
  forget: ["Forget me", "Unohda minut", "Glöm mig"],
  "forget question": ["Erase everything about you?", "Poistetaanko kaikki tietosi?", "Radera allt om dig?"],
  "forget info": [
    "The chat ends, and your name and messages are erased here.",
    "Keskustelu päättyy, ja nimesi ja viestisi poistetaan.",
    "Chatten avslutas, och ditt namn och dina meddelanden raderas.",
  ],
  "forget yes": ["Erase", "Poista", "Radera"],
  cancel: ["Cancel", "Peruuta", "Avbryt"],
  problem: [
    "That did not work. Please try again.",
    "Se ei onnistunut. Yritä uudelleen.",
    "Det gick inte. Försök igen.",
  ],
  unread: ["{0} unread", "{0} lukematta", "{0} olästa"],
};

// Returns say(name, value) in the language of the tag, which says how dates and numbers are written too.
export function speak(tag, overrides) {
  const column = languages.indexOf(tag.slice(0, 2));
  const say = (name, value) => String(overrides[name] ?? texts[name][column]).replace("{0}", () => value);
  say.lang = tag;
  return say;
}
