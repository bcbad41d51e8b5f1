// A web server with files, as S3's and others: it gives ranges, wants signatures where it is told to, and
// fails as tests want it to.
#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/datasets/video/small_server.h"
#include "tests/tools/aws_signature.h"

namespace actionflow::testing {

class ObjectServer {
 public:
  // What happens to a request instead of its answer.
  struct Fault {
    std::string status = {};                    // "503 Slow Down": this, and S3's error with it,
    std::string code = "Trouble";               //
    std::optional<std::size_t> cut_after = {};  // the connection ends after so many bytes of the answer
    std::size_t shift = 0;                      // gives the bytes so far behind those that were asked for
  };

  std::string address(const std::string& path = "") const { return server_.address("http", path); }
  // `path` as it is asked for, or as it reads without percent-encoding.
  void put(const std::string& path, std::string bytes) {
    const std::lock_guard lock(mutex_);
    files_[path] = {std::move(bytes), "\"" + std::to_string(++versions_) + "\""};
  }
  // Of the requests to come, in turn.
  void fail(std::vector<Fault> faults) {
    const std::lock_guard lock(mutex_);
    faults_.assign(faults.begin(), faults.end());
  }
  // Refuses connections until start().
  void stop() { server_.stop(); }
  void start() { server_.start(); }
  void give_no_ranges() { ranges_ = false; }
  // From now on requests without this key's signature are refused.
  void want_signature(const std::string& key, const std::string& secret) {
    const std::lock_guard lock(mutex_);
    key_ = key;
    secret_ = secret;
  }
  std::vector<RequestHead> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  struct File {
    std::string bytes, version;
  };

  void serve(const Connection& connection) {
    for (std::string text = connection.read_head(); !text.empty(); text = connection.read_head()) {
      const RequestHead head(text);
      if (!answer(connection, head)) return;
    }
  }

  static bool refuse(const Connection& connection, const std::string& status, const std::string& code) {
    const std::string body = "<Error><Code>" + code + "</Code></Error>";
    return connection.send("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
                           "\r\n\r\n" + body);
  }

  bool is_signed(const RequestHead& head) const {
    const std::string authorization = head.header("authorization");
    return secret_.empty() || (part_of(authorization, "Credential").starts_with(key_ + "/") &&
                               part_of(authorization, "Signature") == aws_signature(head, secret_));
  }

  static std::string decoded(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool escaped = text[i] == '%';
      plain += escaped ? static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16)) : text[i];
      if (escaped) i += 2;
    }
    return plain;
  }

  // "a b" of "x=1&prefix=a%20b".
  static std::string parameter(const std::string& query, const std::string& name) {
    const std::size_t begin = ("&" + query).find("&" + name + "=");
    if (begin == std::string::npos) return {};
    const std::string rest = query.substr(begin + name.size() + 1);
    return decoded(rest.substr(0, rest.find('&')));
  }

  // ListObjectsV2, two names at a time; the token is the last name.
  std::string listed(const RequestHead& head) const {
    const std::string prefix = parameter(head.query, "prefix"),
                      after = parameter(head.query, "continuation-token");
    const bool folders = parameter(head.query, "delimiter") == "/";
    std::string body = "<?xml version=\"1.0\"?><ListBucketResult><Prefix>" + prefix + "</Prefix>",
                last = after;
    int count = 0;
    for (const auto& [path, file] : files_) {
      if (!path.starts_with(head.path)) continue;
      std::string name = path.substr(head.path.size());
      const std::size_t slash = name.find('/', prefix.size());
      const bool folder = folders && slash != std::string::npos;
      if (folder) name.resize(slash + 1);
      if (!name.starts_with(prefix) || name <= last) continue;
      if (count++ == 2) {
        body += "<IsTruncated>true</IsTruncated><NextContinuationToken>" + last + "</NextContinuationToken>";
        break;
      }
      last = name;
      const std::string key =
          name.find('&') == std::string::npos ? name : name.replace(name.find('&'), 1, "&amp;");
      body += folder ? "<CommonPrefixes><Prefix>" + key + "</Prefix></CommonPrefixes>"
                     : "<Contents><Key>" + key + "</Key></Contents>";
    }
    return body + "</ListBucketResult>";
  }

  bool answer(const Connection& connection, const RequestHead& head) {
    File file;
    Fault fault;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(head);
      if (!faults_.empty()) {
        fault = faults_.front();
        faults_.pop_front();
      }
      if (!is_signed(head)) return refuse(connection, "403 Forbidden", "SignatureDoesNotMatch");
      if (fault.status.empty() && head.query.find("list-type=2") != std::string::npos) {
        const std::string body = listed(head);
        return connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                               "\r\n\r\n" + body);
      }
      auto found = files_.find(head.path);
      if (found == files_.end()) found = files_.find(decoded(head.path));
      if (fault.status.empty() && found == files_.end())
        return refuse(connection, "404 Not Found", "NoSuchKey");
      if (found != files_.end()) file = found->second;
    }
    if (!fault.status.empty()) return refuse(connection, fault.status, fault.code);
    return send(connection, head, file, fault);
  }

  bool send(const Connection& connection, const RequestHead& head, const File& file,
            const Fault& fault) const {
    const std::string range = head.header("range");  // "bytes=0-99"
    const std::size_t size = file.bytes.size(), dash = range.find('-');
    std::string answer = "HTTP/1.1 200 OK\r\n", body = file.bytes;
    if (ranges_ && dash != std::string::npos) {
      const std::size_t begin = std::stoul(range.substr(6)) + fault.shift;
      const std::size_t end =
          std::min<std::size_t>(size, std::stoul(range.substr(dash + 1)) + fault.shift + 1);
      if (begin >= size) return refuse(connection, "416 Range Not Satisfiable", "InvalidRange");
      body = file.bytes.substr(begin, end - begin);
      answer = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(begin) + "-" +
               std::to_string(end - 1) + "/" + std::to_string(size) + "\r\n";
    }
    answer += "ETag: " + file.version + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    if (fault.cut_after) body.resize(std::min(body.size(), *fault.cut_after));
    return connection.send(answer) && connection.send(body) && !fault.cut_after;
  }

  mutable std::mutex mutex_;
  std::map<std::string, File> files_;
  std::deque<Fault> faults_;
  std::vector<RequestHead> requests_;
  std::string key_, secret_;
  int versions_ = 0;
  std::atomic<bool> ranges_{true};
  SmallServer server_{[this](const Connection& connection) { serve(connection); }};
};

}  // namespace actionflow::testing
