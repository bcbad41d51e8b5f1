// TLS for tests, by certificates that nobody else trusts.
#pragma once

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "tests/tools/temporary_folder.h"

namespace actionflow::testing {

// Certificates of an authority of the test's own: ca.pem, and cert.pem with key.pem for localhost.
class Certificates {
 public:
  Certificates() {
    const std::string make =
        "cd " + folder_.path().string() +
        " && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2"
        " && openssl req -newkey rsa:2048 -nodes -keyout key.pem -out request -subj /CN=localhost"
        " && printf subjectAltName=DNS:localhost > names && openssl x509 -req -in request -CA ca.pem"
        " -CAkey ca.key -CAcreateserial -out cert.pem -days 2 -extfile names";
    if (std::system(("(" + make + ") > /dev/null 2>&1").c_str()) != 0) throw std::runtime_error("openssl");
  }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  // A file of several.
  std::string joined(const std::string& first, const std::string& second) const {
    const std::string name = file("joined.pem");
    std::ofstream(name) << std::ifstream(file(first)).rdbuf() << std::ifstream(file(second)).rdbuf();
    return name;
  }
  // Lines of mosquitto's configuration.
  std::string broker_settings() const {
    return "allow_anonymous true\ncafile " + file("ca.pem") + "\ncertfile " + file("cert.pem") +
           "\nkeyfile " + file("key.pem") + "\n";
  }

 private:
  const TemporaryFolder folder_;
};

}  // namespace actionflow::testing
