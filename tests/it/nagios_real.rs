//! The real Nagios (Debian's package `nagios4-core`) watches a file that goes and comes back: alert, acknowledgement and recovery
//! are in the incident, whatever happens to us meanwhile.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{fs, process::Command};

use crate::support::{
    daemon::{Daemon, Watched, account, declaring, installed, over_a_kill, told, until_told},
    program::{Program, until},
};

const MAIN: &str = r#"
log_file={dir}/var/nagios.log
cfg_file={dir}/objects.cfg
object_cache_file={dir}/var/objects.cache
precached_object_file={dir}/var/objects.precache
status_file={dir}/var/status.dat
state_retention_file={dir}/var/retention.dat
command_file={dir}/nagios.cmd
lock_file={dir}/var/nagios.pid
temp_file={dir}/var/nagios.tmp
temp_path={dir}/var
check_result_path={dir}/var/results
query_socket={dir}/nagios.qh
nagios_user={user}
nagios_group={group}
interval_length=1
check_external_commands=1
enable_notifications=1
execute_service_checks=1
cached_host_check_horizon=0
cached_service_check_horizon=0
check_for_updates=0
retain_state_information=0
use_syslog=0
service_inter_check_delay_method=n
illegal_macro_output_chars=`~$&|'"<>
"#;

const OBJECTS: &str = r#"
define timeperiod {
  timeperiod_name always
  alias always
  sunday 00:00-24:00
  monday 00:00-24:00
  tuesday 00:00-24:00
  wednesday 00:00-24:00
  thursday 00:00-24:00
  friday 00:00-24:00
  saturday 00:00-24:00
}
define command {
  command_name up
  command_line /bin/true
}
define command {
  command_name there
  command_line {dir}/check
}
define command {
  command_name tell
  command_line {dir}/tell -f type="$NOTIFICATIONTYPE$" -f host="$HOSTNAME$" -f service="$SERVICEDESC$" -f state="$SERVICESTATE$" -f output="$SERVICEOUTPUT$" -f author="$NOTIFICATIONAUTHOR$" -f comment="$NOTIFICATIONCOMMENT$" -f time="$TIMET$"
}
define contact {
  contact_name post
  service_notification_period always
  host_notification_period always
  service_notification_options w,u,c,r
  host_notification_options n
  service_notification_commands tell
  host_notification_commands tell
}
define host {
  host_name db1
  address 127.0.0.1
  check_command up
  max_check_attempts 1
  check_interval 1
  check_period always
  contacts post
  notification_interval 0
  notification_period always
}
define service {
  host_name db1
  service_description file
  check_command there
  max_check_attempts 1
  check_interval 1
  retry_interval 1
  check_period always
  notification_interval 0
  notification_period always
  notification_options w,u,c,r
  contacts post
}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_real_nagios_sees_is_in_the_incident_and_an_acknowledgement_from_there_is_in_nagios() {
    let Some(nagios) = installed("nagios4") else {
        println!("SKIPPED: the real Nagios; install nagios4-core");
        return;
    };
    let mut post = Program::new("");
    let watched = Watched::new(&post, "nagios");
    let pipe = watched.file("nagios.cmd");
    post.configure(&format!(
        "{}[senders.nagios]\ncommand_file = \"{}\"\n",
        declaring("nagios"),
        pipe.display()
    ));
    post.start().await;
    fs::create_dir_all(watched.file("var/results")).unwrap();
    watched.settings("objects.cfg", OBJECTS);
    let [user, group] = account();
    let main = watched.settings("nagios.cfg", &MAIN.replace("{user}", &user).replace("{group}", &group));
    let _nagios = Daemon::start(Command::new(nagios).arg(main), &watched.file("out.log"));
    until(30, "a first look at the file", || async { watched.file("checked").exists() && pipe.exists() })
        .await;

    watched.breaks();
    let incident = watched.incident(&post).await;
    until_told(&post, &incident, "file on db1 is CRITICAL").await;
    let answer = post.do_say("Ada", &incident, "ack S-1 I look at the disk").await;
    assert!(answer.contains("S-1 is acknowledged by Ada: I look at the disk"), "{answer}");
    until_told(&post, &incident, "The acknowledgement of S-1 by Ada was passed on to nagios").await;
    // Nagios tells everybody, and so us: the way there and back.
    until_told(&post, &incident, "1 acknowledged at the sender").await;
    let log = fs::read_to_string(watched.file("var/nagios.log")).unwrap();
    assert!(log.contains("ACKNOWLEDGE_SVC_PROBLEM;db1;file;2;1;1;Ada;acknowledged by Ada"), "{log}");
    let again = post.say("Ada", &incident, "ack S-1", None).await.unwrap();
    assert!(again.why().contains("Ada acknowledged S-1 at"), "{}", again.text);
    assert_eq!(told(&post, &incident, "was passed on to nagios.").await, 1);
    let back = post.do_say("Ada", &incident, "unack S-1 it is the network").await;
    assert!(back.contains("It is being taken back at nagios."), "{back}");
    until(30, "Nagios has read it", || async {
        let log = fs::read_to_string(watched.file("var/nagios.log")).unwrap();
        log.contains("REMOVE_SVC_ACKNOWLEDGEMENT;db1;file")
    })
    .await;

    over_a_kill(&mut post, &watched, &incident).await;
    assert!(post.stop().success());
}
