// A real S3 server for a test (tests/tools/s3_server): it wants signatures, and files are put there by curl,
// whose way of signing is not ours. Starting takes seconds.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/tools/server_process.h"

namespace actionflow::testing {

class S3Server : public ServerProcess {
 public:
  // Why there is none on this machine; empty where there is.
  static std::string missing() { return ChildProcess({script(), "there"}).read_all(60); }

  S3Server(std::string key, std::string secret) : key_(std::move(key)), secret_(std::move(secret)) {
    std::ofstream(folder() / "s3.json")
        << R"({"identities": [{"name": "tests", "credentials": [{"accessKey": ")" << key_
        << R"(", "secretKey": ")" << secret_ << R"("}], "actions": ["Admin", "Read", "Write", "List"]}]})";
    for (int i = 0; i < 7; ++i) ports_.push_back(std::to_string(free_port()));
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(port()); }

  // Its parts come up one after another.
  void make_bucket(const std::string& bucket) const {
    if (!wait_for([&] { return asked({"-X", "PUT", address() + "/" + bucket}); }))
      throw std::runtime_error("the S3 server makes no bucket");
  }
  // `url` is the bucket and the key, percent-encoded.
  void put(const std::filesystem::path& file, const std::string& url) const {
    if (!wait_for([&] { return asked({"-T", file.string(), address() + "/" + url}); }))
      throw std::runtime_error("the S3 server does not take " + url);
  }

 private:
  static std::string script() { return ACTIONFLOW_ROOT "/tests/tools/s3_server"; }

  bool asked(const std::vector<std::string>& words) const {
    std::vector<std::string> all{"curl",
                                 "--silent",
                                 "--fail",
                                 "--output",
                                 "/dev/null",
                                 "--aws-sigv4",
                                 "aws:amz:us-east-1:s3",
                                 "--user",
                                 key_ + ":" + secret_};
    all.insert(all.end(), words.begin(), words.end());
    return ChildProcess(all).wait() == 0;
  }

  std::vector<std::string> command() const override {
    std::vector<std::string> words{script(), "run", folder().path().string(), std::to_string(port())};
    words.insert(words.end(), ports_.begin(), ports_.end());
    return words;
  }

  const std::string key_, secret_;
  std::vector<std::string> ports_;
};

}  // namespace actionflow::testing
