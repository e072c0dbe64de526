// A process that runs for itself, and says what time it is.
const tell = () => console.log(`it is ${new Date().toLocaleTimeString()}`);
tell();
setInterval(tell, 30_000);
