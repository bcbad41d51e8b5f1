#include "base/remote/listing.h"

#include <fmt/format.h>

#include <cstdint>
#include <pugixml.hpp>
#include <utility>

#include "base/error.h"
#include "base/remote/remote_file.h"

namespace actionflow {

namespace {

constexpr std::size_t kMostListed = 10'000'000;
constexpr std::size_t kMostAnswerBytes = std::size_t{16} << 20;  // of a thousand names

std::string answer_of(const RemoteTarget& target) {
  RemoteFile file(target);
  if (file.size() > kMostAnswerBytes)
    throw SourceError(fmt::format("{}: the server's list has {} bytes, expected at most {}", target.shown,
                                  file.size(), kMostAnswerBytes));
  std::string text(file.size(), '\0');
  for (std::size_t at = 0; at < text.size();)
    at += file.read(at, {reinterpret_cast<std::uint8_t*>(text.data()) + at, text.size() - at});
  return text;
}

class Listing {
 public:
  Listing(std::string address, bool folders) : address_(std::move(address)), folders_(folders) {}

  std::vector<std::string> names() {
    for (std::string token; !done_;) {
      const RemoteTarget target = RemoteTarget::of_listing(address_, folders_, token);
      pugi::xml_document document;
      const std::string text = answer_of(target);
      const bool parsed = static_cast<bool>(document.load_buffer(text.data(), text.size()));
      const pugi::xml_node result = document.child("ListBucketResult");
      if (!parsed || !result)
        throw SourceError(target.shown + ": the server's answer is no list of a bucket");
      take(result);
      std::string next = result.child_value("NextContinuationToken");
      done_ = std::string_view(result.child_value("IsTruncated")) != "true" || next.empty() || next == token;
      token = std::move(next);
      if (names_.size() > kMostListed)
        throw SourceError(
            fmt::format("{}: more than {} names, expected a list of the videos", target.shown, kMostListed));
    }
    return std::move(names_);
  }

 private:
  void take(const pugi::xml_node& result) {
    const std::size_t skipped = std::string_view(result.child_value("Prefix")).size();
    if (folders_) {
      for (const pugi::xml_node folder : result.children("CommonPrefixes"))
        add(folder.child_value("Prefix"), skipped);
    } else {
      for (const pugi::xml_node file : result.children("Contents")) add(file.child_value("Key"), skipped);
    }
  }

  // An empty file whose name ends in a slash is what some programs take for a folder.
  void add(std::string name, std::size_t skipped) {
    if (folders_ && name.ends_with('/')) name.pop_back();
    if (name.size() > skipped && !name.ends_with('/')) names_.push_back(name.substr(skipped));
  }

  const std::string address_;
  const bool folders_;
  bool done_ = false;
  std::vector<std::string> names_;
};

}  // namespace

std::vector<std::string> files_below(const std::string& folder) { return Listing(folder, false).names(); }
std::vector<std::string> folders_below(const std::string& folder) { return Listing(folder, true).names(); }

}  // namespace actionflow
