// One machine of a group that shares the cameras of one pipeline file: it says that it is there, learns who
// else is, and has the cameras watched that fall to it, each by one machine at a time (group_view.h).
//
// All of it is kept by an MQTT broker: GROUP/members/ID, retained, until its last will takes it back. What is
// sent to GROUP/alive/ID comes back to us alone, and with it everything that the broker had before: that
// renews the lease. Without it nothing is watched once the lease has run out.
//
// A machine that goes dark: kKeepAlive and a half until the broker takes its message back, kLeaseSeconds
// until its claims are void, and twice kBeat; together less than 30 s.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/machine/wake.h"
#include "nodes/delivery/mqtt_client.h"
#include "pipeline/graph/share_options.h"
#include "pipeline/run/lease.h"
#include "pipeline/sharing/group_view.h"

namespace actionflow {

class CameraGroup : public std::enable_shared_from_this<CameraGroup> {
 public:
  static constexpr std::chrono::seconds kKeepAlive{6};
  static constexpr std::chrono::milliseconds kBeat{2000};
  static constexpr double kLeaseSeconds = 10;

  // What reads of cameras are bound to: a little shorter than others reckon, and by boot_clock(), so that a
  // machine that was suspended knows it is over.
  static std::shared_ptr<Lease> make_lease();

  // Has these cameras watched and no others, and calls `done` when that is so. Returns at once; false where
  // it cannot be asked now.
  using Hold = std::function<bool(std::set<std::string> cameras, std::function<void()> done)>;

  // Nothing happens before start().
  CameraGroup(const ShareOptions& options, std::shared_ptr<Lease> lease);

  // The names of all cameras that the group shares, as the pipeline file has them now. From any thread.
  void set_cameras(const std::vector<std::string>& cameras);
  void start(Hold hold);
  // Once nothing is watched any more: the others take over at once. Nothing is asked to be held after it; the
  // thread is left behind where the broker does not let it go in time.
  void leave();

 private:
  void run();
  void take_part();
  void join();
  void tick();
  void rest();
  void say_farewell();
  void close_all();
  void note_trouble(const std::string& why);

  void beat();
  void keep_lease(std::int64_t sent_ns);
  void take_back(const std::string& id);
  void decide();
  void say(const GroupMember& self);
  void hold(std::set<std::string> cameras);
  bool ask(const std::set<std::string>& cameras);
  std::set<std::string> may_be_watched() const;
  std::set<std::string> cameras() const;
  void tell(std::size_t machines, std::size_t ours, std::size_t all);
  void tell_other_lists(const std::vector<GroupMember>& members, std::uint64_t known);
  std::string members_topic(const std::string& id) const { return options_.group + "/members/" + id; }
  std::string alive_topic() const { return options_.group + "/alive/" + id_; }

  const ShareOptions options_;
  const std::shared_ptr<Lease> lease_;
  const std::string name_;

  mutable std::mutex mutex_;  // guards what follows
  std::set<std::string> cameras_;
  Hold hold_;  // null after leave()
  bool ended_ = true;
  std::condition_variable changed_;

  std::atomic<bool> leaving_{false};
  std::atomic<bool> applying_{false};  // what is held was asked for, and is not so yet
  Wake wake_;

  // The thread's own.
  std::unique_ptr<MqttClient> client_;
  GroupView view_;
  std::string id_, old_id_;
  int connections_ = 0;
  std::int64_t beats_ = 0, beats_heard_ = 0;
  bool leased_ = false;  // on this connection
  bool again_ = false;   // there is more to do as soon as what we say came back
  GroupMember said_;     // as others know us
  std::set<std::string> before_, held_;
  bool in_trouble_ = false;
  std::pair<std::size_t, std::size_t> told_{0, 0};
  std::set<std::pair<std::string, std::uint64_t>> other_lists_;  // that were warned of
};

}  // namespace actionflow
