# --- Files and paths -------------------------------------------------------------------------------------------------

use Cwd qw(realpath);
use Compress::Zlib ();
use Digest::SHA;

my $VERSION = 1;
my $MAX_FRAME = 16 << 20;
my $BLOCK = 256 << 10;

my %set;                                      # the set of changes that is being received
my %tracked;                                  # what sets have put here
my $base = '';                                # revision that the set is a change of
my $input = '';

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

