# Keeps a directory in step, for whoever speaks to it over standard input and output. Core modules only.
#
# A frame is a letter, a length (32 bits, big endian) and so many bytes; fields in it are separated by NUL.
# Nothing is answered before a commit, so that a set of changes takes one round trip; each commit is answered once.
use strict;
use warnings;
use Cwd qw(realpath);
use Digest::SHA;
use Errno qw(EAGAIN EEXIST ENOENT ENOTEMPTY EINTR);
use Fcntl qw(:mode :seek :flock O_RDONLY O_NOFOLLOW O_NONBLOCK O_WRONLY O_CREAT O_EXCL O_TRUNC);
use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(PF_UNIX SOCK_STREAM pack_sockaddr_un);
use Compress::Zlib ();
use POSIX qw(WNOHANG);
use Time::HiRes qw(time);

my $VERSION = 1;
my $MAX_FRAME = 16 << 20;
my $BLOCK = 256 << 10;

my ($root, $state, $stage, $socket_path);    # absolute
my %set;                                      # the set of changes that is being received
my %tracked;                                  # what sets have put here
my $waiting;                                  # a commit whose process is not ready yet
my $base = '';                                # revision that the set is a change of
my $input = '';

binmode STDIN;
binmode STDOUT;
STDOUT->autoflush(1);
$SIG{PIPE} = 'IGNORE';
umask 022;

sub answer {
    my ($type, @fields) = @_;
    my $body = join "\0", @fields;
    my $bytes = $type . pack('N', length $body) . $body;
    while (length $bytes) {
        my $count = syswrite STDOUT, $bytes;
        # Nobody hears it any more. What has begun is finished all the same, the end of the input ends the rest.
        return unless defined $count || $!{EINTR};
        substr($bytes, 0, $count, '') if $count;
    }
}

# --- Files and paths -------------------------------------------------------------------------------------------------

sub check_path {
    my ($path) = @_;
    for my $name (split m{/}, $path, -1) {
        die "bad path\n" if $name eq '' || $name eq '.' || $name eq '..' || $name =~ /^\.tiltish-/;
    }
    die "bad path\n" if $path eq '';
    return $path;
}

# Goes to the directory that a path is in, step by step, and through no link: whatever the app does meanwhile, nothing
# outside of the root is touched. Returns the last name of the path.
sub enter {
    my ($path) = @_;
    chdir $root or die "$root: $!\n";
    my @names = split m{/}, check_path($path);
    my $last = pop @names;
    for my $name (@names) {
        my @before = lstat $name or die "$name: $!\n";
        die "$name is a link or a file, and a directory was expected\n" unless S_ISDIR($before[2]);
        chdir $name or die "$name: $!\n";
        my @after = stat '.';
        die "$name was replaced\n" unless $after[0] == $before[0] && $after[1] == $before[1];
    }
    return $last;
}

# A container that goes down takes all of its files along: nothing has to be on the disk, only in order.
sub write_file {
    my ($file, $content) = @_;
    open my $out, '>', "$file.new" or die "$file: $!\n";
    binmode $out;
    print $out $content or die "$file: $!\n";
    $out->flush or die "$file: $!\n";
    close $out or die "$file: $!\n";
    rename "$file.new", $file or die "$file: $!\n";
}

sub read_file {
    my ($file) = @_;
    open my $in, '<', $file or return undef;
    binmode $in;
    local $/;
    return scalar <$in>;
}

sub remove_tree {
    my ($directory) = @_;
    opendir my $handle, $directory or return;
    for my $name (grep { $_ ne '.' && $_ ne '..' } readdir $handle) {
        my $path = "$directory/$name";
        if (-d $path && !-l $path) { remove_tree($path) }
        else { unlink $path }
    }
    rmdir $directory;
}

# One at a time changes the root, though an agent whose connection is lost may live on for a while. Let go with the handle.
sub locked {
    open my $lock, '>>', "$state/lock" or die "$state/lock: $!\n";
    flock $lock, LOCK_EX or die "$state/lock: $!\n";
    return $lock;
}

sub hash_of {
    my ($name) = @_;
    # What was a file a moment ago may be a pipe now.
    sysopen my $in, $name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK or return undef;
    return undef unless -f $in;
    binmode $in;
    return Digest::SHA->new(256)->addfile($in)->hexdigest;
}

