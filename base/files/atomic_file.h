// Replacing a file so that, whatever happens, either the old one or the new one stands there.
//
// Written beside as NAME.tmp-WORD, WORD drawn at random, locked (flock) while it is written, synced, renamed
// over the old one, and the folder synced. A failure at any step removes what was written beside and throws
// Error (exit code 5) that names the path, the step and the system's reason; after the rename the new file
// stands. A process killed in between leaves the old file and one temporary, which remove_leftovers() clears.
//
// The new file has the mode of the one it replaces, and its owner and group where the process may give them;
// where the group cannot be kept, its members get no more than all others. A file where none stood follows
// the umask. Access lists and extended attributes are not kept.
//
// Calls of the file system go through FileSystem, so that tests can let each of them fail. Not for
// two writers of one path at once: the last rename wins. Folders, devices and pipes are refused.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace actionflow {

// Each call returns 0 (or a descriptor, or a count) and, when it fails, the negative errno.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // For writing, with an exclusive flock, open to no more people than `like`, where that exists; -EEXIST
  // where the path exists.
  virtual int create(const std::string& path, const std::string& like) = 0;
  virtual std::ptrdiff_t write(int descriptor, const void* data, std::size_t bytes) = 0;
  virtual int sync(int descriptor) = 0;
  virtual int close(int descriptor) = 0;
  virtual int rename(const std::string& from, const std::string& to) = 0;
  virtual int remove(const std::string& path) = 0;
  virtual int open_folder(const std::string& path) = 0;

  static FileSystem& system();
};

class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path, FileSystem& files = FileSystem::system());
  // Without commit(), the old file stays and the temporary goes.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  // Puts the new file in the old one's place. To be called once, last.
  void commit();

  // Where it is written until then.
  const std::string& temporary() const { return temporary_; }

 private:
  [[noreturn]] void fail(const char* step, int error);
  void discard();
  void sync_folder();

  std::filesystem::path path_;
  std::string temporary_;
  FileSystem& files_;
  int descriptor_ = -1;
};

void replace_file(const std::filesystem::path& path, std::string_view content,
                  FileSystem& files = FileSystem::system());

// Removes temporaries of `path` that no open file holds locked, whichever process, container or machine wrote
// them. Where the file system has no locks they stay. Returns how many. Reads the whole folder.
int remove_leftovers(const std::filesystem::path& path);
// The same of every file in the folder whose name ends so.
int remove_leftovers_in(const std::filesystem::path& folder, std::string_view suffix);

}  // namespace actionflow
